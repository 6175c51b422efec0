"""`nasnet recurrent`: recurrent cells for language models, found with shared weights."""

"""Photos at ImageNet's scale: class folders, record shards, and batches of them."""

"""Language models of recurrent cells, trained alone or with weights that all cells share."""

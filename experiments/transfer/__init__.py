"""`nasnet transfer`: training and fine-tuning at ImageNet scale."""

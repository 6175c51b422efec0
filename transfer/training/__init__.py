"""A large network's training: steps, devices, checkpoints, and going on."""

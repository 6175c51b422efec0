"""A small search by the command line, for the tests that need one."""

TINY = """
    --data shapes10 --trials 3 --workers 1 --train-images 64 --val-images 40 --blocks 2
    --stack.filters 2 --controller ppo,minibatch=2
"""

"""A driver that saves one trial after the other, with a state that counts them, to be killed."""

import sys

from nasnet.search import TrialStore
from nasnet.testing.stores import make_trial


def main():
    with TrialStore(sys.argv[1], exclusive=True) as store:
        for number in range(100_000):
            store.save([make_trial(number)], str(number + 1).encode())
            print(f"saved {number + 1}", flush=True)


if __name__ == "__main__":
    main()

"""One module for each verb of `nasnet`: its flags are a dataclass, its work is `run`."""

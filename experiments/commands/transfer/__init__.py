"""One module for each verb of `nasnet transfer`."""

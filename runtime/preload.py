"""What the process that workers are forked from has imported: what each would need seconds for."""

from nasnet.runtime import quiet

quiet.preload_tensorflow()

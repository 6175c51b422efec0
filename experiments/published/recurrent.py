"""Search recurrent cells for a language model of characters, as ENAS does, beside known cells.

Paper:    Pham et al., Efficient Neural Architecture Search via Parameter Sharing,
          https://arxiv.org/abs/1802.03268, section 2.1
Command:  python -m nasnet.experiments.published.recurrent --data text.txt
          (flags: those of `nasnet recurrent`)
Cost:     40 rounds of the search, then 27 trainings of one pass over the text: an hour and a half
          of two slow cores for a megabyte; the paper took ten hours of a GPU for Penn Treebank
Expect:   see experiments/published/README.md, which quotes a run. Weights that are trained for a
          few minutes rank cells roughly; random cells of the space are close to found ones.

The equations are those of the authors' later code (google-research/enas_lm): the output is the mean
of all nodes but the first. Matrices are shared by pairs of nodes, whatever the activation. Rewards
are relative, so that one learning rate serves all perplexities.
"""

from nasnet.experiments import cli
from nasnet.experiments.commands.recurrent import RecurrentCommand

if __name__ == "__main__":
    cli.script(RecurrentCommand, "python -m nasnet.experiments.published.recurrent")

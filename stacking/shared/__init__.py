"""Weight sharing: every child's weights are a part of one supernet's."""

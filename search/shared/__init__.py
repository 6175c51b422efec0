"""Weights that all children share: how they are trained, and what driver and workers exchange.

Pham et al., https://arxiv.org/abs/1802.03268 (ENAS).
"""

"""Pictures of cells, networks, searches and trainings; matplotlib loads with the first figure."""

from nasnet.viz.cell.dot import genotype_to_dot
from nasnet.viz.cell.drawing import genotype_figure, genotype_to_svg
from nasnet.viz.figures.comparison import Band, comparison_figure, groups_figure
from nasnet.viz.figures.cost import Point, cost_figure
from nasnet.viz.figures.curves import search_figure, training_figure
from nasnet.viz.figures.rewards import RewardPoint, rewards_figure
from nasnet.viz.figures.samples import samples_figure
from nasnet.viz.figures.scatter import ProxyPanel, pareto_figure, proxies_figure
from nasnet.viz.network.dot import network_to_dot
from nasnet.viz.network.drawing import network_figure, network_to_svg
from nasnet.viz.render import draw_genotype, draw_network, draw_recurrent, save_figure

__all__ = (
    "Band",
    "Point",
    "ProxyPanel",
    "RewardPoint",
    "comparison_figure",
    "cost_figure",
    "draw_genotype",
    "draw_network",
    "draw_recurrent",
    "genotype_figure",
    "genotype_to_dot",
    "genotype_to_svg",
    "groups_figure",
    "network_figure",
    "network_to_dot",
    "network_to_svg",
    "pareto_figure",
    "proxies_figure",
    "rewards_figure",
    "samples_figure",
    "save_figure",
    "search_figure",
    "training_figure",
)

"""Pictures of cells, networks, searches and trainings; matplotlib loads with the first figure."""

from viz.comparison import Band, comparison_figure, groups_figure
from viz.curves import search_figure, training_figure
from viz.dot import genotype_to_dot
from viz.network_dot import network_to_dot
from viz.network_png import network_figure
from viz.network_svg import network_to_svg
from viz.pareto import pareto_figure
from viz.png import genotype_figure
from viz.proxies import ProxyPanel, proxies_figure
from viz.render import draw_genotype, draw_network, save_figure
from viz.svg import genotype_to_svg

__all__ = (
    "Band",
    "ProxyPanel",
    "comparison_figure",
    "draw_genotype",
    "draw_network",
    "genotype_figure",
    "genotype_to_dot",
    "genotype_to_svg",
    "groups_figure",
    "network_figure",
    "network_to_dot",
    "network_to_svg",
    "pareto_figure",
    "proxies_figure",
    "save_figure",
    "search_figure",
    "training_figure",
)

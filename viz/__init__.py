"""Pictures of cells, of searches and of trainings; matplotlib loads with the first figure."""

from viz.curves import search_figure, training_figure
from viz.dot import genotype_to_dot
from viz.png import genotype_figure
from viz.render import draw_genotype, save_figure
from viz.svg import genotype_to_svg

__all__ = (
    "draw_genotype",
    "genotype_figure",
    "genotype_to_dot",
    "genotype_to_svg",
    "save_figure",
    "search_figure",
    "training_figure",
)

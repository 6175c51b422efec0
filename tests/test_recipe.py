import pytest

from stacking import Recipe


def test_the_learning_rate_is_one_cosine():
    recipe = Recipe(learning_rate=0.1)
    rates = [recipe.learning_rate_at(i / 4) for i in range(5)]
    assert rates == pytest.approx([0.1, 0.0853553, 0.05, 0.0146447, 0.0], abs=1e-7)


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("epochs", 0, "epochs is 0, expected at least 1"),
        ("batch_size", 1, "batch_size is 1, expected at least 2"),
        ("learning_rate", -1.0, "learning_rate is -1.0, expected at least 0"),
        ("learning_rate", float("nan"), "learning_rate is nan, expected at least 0"),
        ("momentum", 1.0, "momentum is 1.0, expected at least 0 and below 1"),
        ("weight_decay", -1e-4, "weight_decay is -0.0001, expected at least 0"),
        ("label_smoothing", 1.5, "label_smoothing is 1.5, expected at least 0 and below 1"),
        ("batch_norm_epsilon", 0.0, "batch_norm_epsilon is 0.0, expected above 0"),
        (
            "augmentation",
            "mixup",
            "augmentation is 'mixup', expected one of: none, flip, crop-flip",
        ),
    ],
)
def test_values_out_of_range_are_refused(field, value, text):
    with pytest.raises(ValueError, match=text):
        Recipe(**{field: value})

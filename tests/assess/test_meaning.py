"""What changed words do: furniture that looks like law, law that looks like furniture, in three languages."""

from __future__ import annotations

import pytest

from tracker.assess.meaning import reworded, weigh
from tracker.model import Block, Tier

SUBSTANTIVE = [
    ("You may not share the data.", "You may share the data."),
    ("Fines up to 35 000 000 EUR.", "Fines up to 15 000 000 EUR."),
    ("Applies from 2 August 2026.", "Applies from 2 August 2027."),
    ("The provider should keep logs.", "The provider must keep logs."),
    ("We delete accounts after 3 years.", "We delete accounts after 10 years."),
    ("Le fournisseur peut informer l'autorité.", "Le fournisseur doit informer l'autorité."),
    ("Conservé 6 mois.", "Conservé 12 mois."),
    ("Il n'est pas permis de vendre.", "Il est permis de vendre."),
    ("提供者应当备案。", "提供者可以备案。"),
    ("在三十日内提交。", "在六十日内提交。"),
    ("不得向第三方提供。", "可以向第三方提供。"),
    ("Processor: Acme Ltd, Dublin", "Processor: Umbra Ltd, Dublin"),
]
EDITORIAL = [
    ("The colour of the label.", "The color of the label."),
    ("The provider informs the authority", "The provider informs the authority."),
    ("Last updated: 3 May 2026", "Last updated: 9 June 2026"),
    ("Dernière mise à jour : 3 mai 2026", "Dernière mise à jour : 9 juin 2026"),
    ("更新日期：2026年5月3日", "更新日期：2026年6月9日"),
    ("We procces your data.", "We process your data."),
    ("e mail address", "e-mail address"),
]


@pytest.mark.parametrize(("old", "new"), SUBSTANTIVE)
def test_words_that_matter(old: str, new: str) -> None:
    tier, reason = weigh(reworded(Block(old), Block(new)))
    assert tier is Tier.SUBSTANTIVE
    assert reason.words


@pytest.mark.parametrize(("old", "new"), EDITORIAL)
def test_words_that_only_look_different(old: str, new: str) -> None:
    assert weigh(reworded(Block(old), Block(new)))[0] is Tier.EDITORIAL


@pytest.mark.parametrize("label", ["Contact us", "Nous suivre", "Mehr"])
def test_a_label_alone_is_noise(label: str) -> None:
    assert weigh(reworded(None, Block(label)))[0] is Tier.NOISE

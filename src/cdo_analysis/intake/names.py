"""Names of people in free texts: after a title, after a first name, at the end of a message.

Found: ``M. Dupont``, ``Mme Le Goff``, ``Dr Anne Martin``, ``Jean-Luc Petit``, ``Cordialement, A. Durand``.
Not found: a surname alone, a name in lower case or all in capitals without a title, a first name that is alone or not
in the list, a nickname. A company or a street named after somebody may be taken for that person.
"""

from __future__ import annotations

import re

NAME = "name of a person"

_FIRST_NAMES = """
Adrien Agathe Agnès Alain Albert Alexandra Alexandre Alexis Alice Aline Amandine Amélie Anaïs André Andrée Angélique
Anne Annick Annie Antoine Antonin Arnaud Arthur Audrey Aurélie Aurélien Axel Baptiste Bastien Béatrice Benjamin Benoît
Bernadette Bernard Bertrand Brigitte Bruno Camille Carine Carole Caroline Catherine Cécile Cédric Céline Chantal
Charles Charlotte Christelle Christian Christiane Christine Christophe Clara Clément Clémence Colette Corinne Cyril
Damien Daniel Danielle David Delphine Denis Didier Dominique Édouard Élise Élisabeth Élodie Emma Emmanuel Emmanuelle
Éric Estelle Étienne Fabien Fabrice Fanny Fatima Félix Florian Francis Franck François Françoise Frédéric Frédérique
Gabriel Gaëlle Gauthier Geneviève Georges Gérald Gérard Ghislaine Gilbert Gilles Grégory Guillaume Guy Hélène Henri
Hervé Hubert Hugo Inès Isabelle Jacqueline Jacques Jean Jeanne Jennifer Jérémy Jérôme Joël Joëlle Jonathan Joseph
Josiane Julie Julien Juliette Karim Karine Kévin Laetitia Laura Laure Laurence Laurent Léa Léo Lionel Loïc Louis
Louise Luc Lucas Lucie Ludovic Lydie Madeleine Magali Manon Marc Marcel Margaux Marie Marine Marion Martine Mathieu
Mathilde Matthieu Maud Maurice Maxime Mélanie Michel Michèle Mickaël Mireille Mohamed Monique Morgane Muriel Mylène
Myriam Nadège Nadia Nadine Nathalie Nicolas Nicole Noémie Odile Olivier Pascal Pascale Patrice Patricia Patrick Paul
Pauline Philippe Pierre Quentin Rachid Raphaël Raymond Régis Rémi René Richard Robert Romain Sabine Samuel Sandra
Sandrine Sarah Sébastien Serge Séverine Simon Solène Sonia Sophie Stéphane Stéphanie Suzanne Sylvain Sylvie Théo
Thérèse Thibault Thierry Thomas Valentin Valérie Véronique Vincent Virginie William Xavier Yann Yannick Yasmine Yves
Yvette Yvonne Andrew Emily James Jessica John Margaret Mark Mary Michael Peter Susan
"""
_CAPITAL = "[A-ZÀ-ÖØ-ÞŒ]"
_WORD = rf"{_CAPITAL}[\w’'-]*[\wà-öø-ÿ]"
_PARTICLE = r"(?:de la |de |du |des |d’|d'|le |la |van |von |el |ben |Le |La |De )?"
_INITIAL = rf"(?:{_CAPITAL}\.(?:-?{_CAPITAL}\.)* ?)"
_SURNAME = rf"(?:{_INITIAL}?{_PARTICLE}{_WORD}(?: {_PARTICLE}{_WORD}){{0,2}})"
_TITLES = r"M\.|MM\.|Mr\.?|Mrs\.?|Ms\.?|Mme|Mmes|Mlle|Monsieur|Madame|Mademoiselle|Dr\.?|Docteur|Maître|Pr\.?"
_TITLED = re.compile(rf"\b(?:{_TITLES}) {_SURNAME}")
_OFFICES = frozenset(
    {"maire", "directeur", "directrice", "président", "présidente", "gérant", "gérante", "ministre", "préfet"}
)
_FIRST = "|".join(sorted(_FIRST_NAMES.split(), key=len, reverse=True))
_NAMED = re.compile(
    rf"(?<![\w-])(?<!rue )(?<!avenue )(?<!place )(?<!boulevard )(?<!Saint )(?<!lycée )(?<!groupe )"
    rf"(?:{_FIRST})(?:-(?:{_FIRST}))? {_PARTICLE}{_WORD}(?:-{_WORD})?"
)
_GREETINGS = "cordialement|bien à vous|salutations(?: distinguées)?|merci d'avance|signé|regards|sincerely"
_SIGNED = re.compile(rf"\b(?i:{_GREETINGS}) ?[,:]?\s+({_INITIAL}?{_WORD}(?: {_WORD})?)\s*[.!]?\s*$")


def find_names(text: str) -> list[str]:
    """Return what looks like names of people in a text.

    Examples
    --------
    >>> find_names("Voir avec Mme Le Goff et Jean-Luc Petit"), find_names("M. le maire, rue Victor Hugo, Paris")
    (['Mme Le Goff', 'Jean-Luc Petit'], [])
    """
    return [text[start:end] for start, end in _spans(text)]


def hide_names(text: str) -> str:
    """Return a text whose names of people are replaced by ``[name]``.

    Examples
    --------
    >>> hide_names("Demandez à M. Dupont. Cordialement, A. Durand")
    'Demandez à [name]. Cordialement, [name]'
    """
    for start, end in reversed(_spans(text)):
        text = f"{text[:start]}[name]{text[end:]}"
    return text


def _spans(text: str) -> list[tuple[int, int]]:
    """Return where names stand; those that overlap are one."""
    if text.islower() or len(text) < 4:
        return []
    found = [match.span() for match in _TITLED.finditer(text) if not _OFFICES & set(match[0].casefold().split())]
    found += [match.span() for match in _NAMED.finditer(text)]
    found += [match.span(1) for match in _SIGNED.finditer(text)]
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged

"""What is said of a trained model's features can be handed to a translator."""

from pipelines.sentences import template_of


def test_the_template_holds_the_sentences_of_the_champion(trained):
    text = template_of(trained.workspace)
    assert 'msgid "Became a lead {value} ago"' in text
    assert 'msgid "One website visit in the last 7 days"\nmsgid_plural "{value} website visits' in text
    identifiers = [line for line in text.splitlines() if line.startswith("msgid ")]
    assert len(identifiers) == len(set(identifiers))

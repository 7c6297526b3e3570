from dataclasses import replace

from data.schema import Attribute, EventType, Schema
from data.vocabulary import Family, Kind
from features.catalogue import EventCount, catalogue, fingerprint
from features.events import BUCKET_STARTS


def test_names_are_unique(schema):
    names = [feature.name for feature in catalogue(schema)]
    assert len(names) == len(set(names))


def test_an_attribute_called_like_a_computed_feature_gives_way(schema):
    clash = Attribute("last_activity", "Last activity", Kind.NUMBER, Family.DECLARED)
    names = [feature.name for feature in catalogue(replace(schema, attributes=(clash,)))]
    assert {"last_activity", "last_activity (lead)"} <= set(names)
    assert len(names) == len(set(names))


def test_every_window_is_an_ageing_edge(schema):
    windows = {f.source.days for f in catalogue(schema) if isinstance(f.source, EventCount) and f.source.days}
    assert windows <= set(BUCKET_STARTS)


def test_flat_mode_has_nothing_that_is_relative_to_now(schema):
    names = {feature.name for feature in catalogue(replace(schema, timed=False))}
    assert "lead_age" not in names
    assert {name for name in names if name.startswith("download")} == {"download_ever", "download: price list_ever"}


def test_data_quality_is_only_checked_where_it_can_be_seen(schema):
    quality = {"company_made_up", "job_title_made_up", "impossible_size", "contradiction"}
    without = replace(schema, attributes=(), personal=("company",))
    assert quality <= {feature.name for feature in catalogue(schema)}
    assert quality & {feature.name for feature in catalogue(without)} == {"company_made_up"}


def test_an_attribute_of_that_name_that_is_no_number_has_no_size(schema):
    ranges = Attribute("employees", "Employees", Kind.CATEGORY, Family.FIRMOGRAPHIC)
    names = {feature.name for feature in catalogue(replace(schema, attributes=(ranges,), personal=()))}
    assert not names & {"impossible_size", "contradiction"}


def test_the_fingerprint_changes_with_the_schema(schema):
    assert fingerprint(schema) == fingerprint(replace(schema)) != fingerprint(replace(schema, stages=()))


def test_every_sentence_has_a_place_for_the_value_or_needs_none(schema):
    feature_texts = [(feature.sentence, feature.absent) for feature in catalogue(schema)]
    assert all(absent and "{" not in absent for _, absent in feature_texts)


def test_what_was_downloaded_is_one_thing_with_that_something_was():
    features = catalogue(Schema(timed=True, event_types=(EventType("download", ("price_list",)),)))
    of_asset = [feature for feature in features if "price_list" in feature.name]
    assert {feature.concept for feature in of_asset} == {"downloads"}
    assert all("“price_list”" in feature.sentence for feature in of_asset)

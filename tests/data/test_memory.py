"""Tables take a part of the machine's memory, or of the container's."""

from data.memory import LEAST, SHARE, machine_memory, memory_for_tables


def test_a_container_has_what_it_is_given(tmp_path):
    (tmp_path / "memory.max").write_text("2147483648\n")
    assert machine_memory((tmp_path / "memory.max", tmp_path / "gone")) == 2**31


def test_a_container_without_a_limit_has_the_machines(tmp_path):
    (tmp_path / "memory.max").write_text("max\n")
    assert machine_memory((tmp_path / "memory.max",)) == machine_memory(()) > 2**28


def test_tables_have_a_part_and_never_too_little():
    assert memory_for_tables() == max(LEAST, machine_memory() // SHARE)

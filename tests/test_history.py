from tf_cyclegan import history


def test_rows_are_added_and_come_back(tmp_path):
    assert history.read(tmp_path) == []
    history.append(tmp_path, {"epoch": 1, "step": 5, "cycle": 0.125})
    history.append(tmp_path, {"epoch": 2, "step": 10, "cycle": 1 / 3})
    rows = history.read(tmp_path)
    assert [row["epoch"] for row in rows] == [1, 2]
    assert rows[0]["cycle"] == 0.125
    assert abs(rows[1]["cycle"] - 1 / 3) < 1e-9
    assert (tmp_path / "history.csv").read_text().splitlines()[:2] == [
        "epoch,step,cycle",
        "1,5,0.125",
    ]


def test_rows_that_will_be_repeated_are_forgotten(tmp_path):
    for epoch in (1, 2, 3):
        history.append(tmp_path, {"epoch": epoch})
    history.forget_after(tmp_path, 2)
    assert [row["epoch"] for row in history.read(tmp_path)] == [1, 2]
    history.forget_after(tmp_path, 0)
    assert history.read(tmp_path) == []
    history.append(tmp_path, {"epoch": 1})
    assert [row["epoch"] for row in history.read(tmp_path)] == [1]

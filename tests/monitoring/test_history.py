from tf_cyclegan.monitoring.history import History


def test_rows_are_added_and_come_back(tmp_path):
    history = History(tmp_path)
    assert history.rows == []
    history.append({"epoch": 1, "step": 5, "cycle": 0.125})
    history.append({"epoch": 2, "step": 10, "cycle": 1 / 3})
    assert history.rows == History(tmp_path).rows
    assert [row["epoch"] for row in history.rows] == [1, 2]
    assert history.rows[0]["cycle"] == 0.125
    assert abs(history.rows[1]["cycle"] - 1 / 3) < 1e-9
    assert (tmp_path / "history.csv").read_text().splitlines()[:2] == [
        "epoch,step,cycle",
        "1,5,0.125",
    ]


def test_rows_that_will_be_repeated_are_forgotten(tmp_path):
    history = History(tmp_path)
    for epoch in (1, 2, 3):
        history.append({"epoch": epoch})
    history.forget_after(2)
    assert [row["epoch"] for row in History(tmp_path).rows] == [1, 2]
    history.forget_after(0)
    assert History(tmp_path).rows == []
    history.append({"epoch": 1})
    assert [row["epoch"] for row in History(tmp_path).rows] == [1]


def test_columns_may_begin_late_and_have_gaps(tmp_path):
    history = History(tmp_path)
    history.append({"epoch": 1, "cycle": 3})
    history.append({"epoch": 2, "score": 7, "cycle": 2})
    history.append({"epoch": 3, "cycle": 1})
    assert (tmp_path / "history.csv").read_text().splitlines() == [
        "epoch,cycle,score",
        "1,3,",
        "2,2,7",
        "3,1,",
    ]
    assert History(tmp_path).rows == [
        {"epoch": 1, "cycle": 3},
        {"epoch": 2, "cycle": 2, "score": 7},
        {"epoch": 3, "cycle": 1},
    ]


def test_rows_with_fewer_cells_than_the_header_are_read(tmp_path):
    (tmp_path / "history.csv").write_text("epoch,cycle,score\n1,3\n2,2,7\n")
    assert History(tmp_path).rows == [
        {"epoch": 1, "cycle": 3},
        {"epoch": 2, "cycle": 2, "score": 7},
    ]


def test_a_loss_that_is_no_number_is_kept_as_it_is(tmp_path):
    History(tmp_path).append({"epoch": 1, "cycle": float("nan"), "total_g": float("inf")})
    (row,) = History(tmp_path).rows
    assert row["cycle"] != row["cycle"]
    assert row["total_g"] == float("inf")

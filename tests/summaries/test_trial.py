"""`sudi doctor` has the texts of one paper made by everybody who is set up to, for real."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from bot.errors import MakerError, SettingsError
from bot.settings import Settings
from bot.summaries.firefox import folder
from bot.summaries.trial import trial
from tests.counterparts import models

GOOD = {
    "title": "用于潮汐表的稀疏注意力",
    "one_line": "提出一种用稀疏注意力预测潮汐的方法，在 3 个数据集上误差降低 12%。",
    "abstract": "我们提出一种用稀疏注意力预测潮汐的方法。在 3 个数据集上，它将误差降低了 12%，代价为 XQ0X。",
    "english_line": "A method predicts tides with sparse attention and reduces the error by 12% on 3 data sets.",
}


async def verdicts(tmp_path: Path, **values: Any) -> list[str | MakerError]:
    settings = Settings(_env_file=None, models_folder=str(tmp_path), **values)
    return [one async for one in trial(settings)]


async def test_without_anybody_to_make_texts_it_says_how_to_get_somebody(tmp_path):
    (said,) = await verdicts(tmp_path)
    assert "set OPENAI_API_KEY, or pip install 'sudi[firefox]' && sudi models pull zh" in str(said)


async def test_each_model_of_a_list_is_tried_and_the_broken_one_named(tmp_path, model_server):
    model_server.reset()
    model_server.does({"type": "fail", "status": 401, "times": 1})
    model_server.answers(GOOD)
    broken, well = await verdicts(
        tmp_path, openai_base_url=(model_server.url,), openai_model=("gpt-4o", "gpt-4o-mini")
    )
    assert isinstance(broken, MakerError)
    assert "llm:gpt-4o answers 401" in str(broken)
    assert isinstance(well, str)
    assert well.startswith("llm:gpt-4o-mini: 用于潮汐表的稀疏注意力 (")
    assert " 0 tokens" not in well


async def test_a_model_that_writes_no_chinese_is_told_with_the_reasons(tmp_path, model_server):
    model_server.reset()
    model_server.answers(dict.fromkeys(GOOD, "We predict tides."))
    (said,) = await verdicts(tmp_path, openai_base_url=(model_server.url,), openai_model=("gpt-4o-mini",))
    assert isinstance(said, MakerError)
    assert "not well enough" in str(said)
    assert "title: " in str(said)


async def test_firefoxs_engine_is_tried_with_the_model_that_is_there(tmp_path):
    pytest.importorskip("fxtranslate")
    if (why := models.missing()) is not None:
        if os.environ.get("REQUIRE_COUNTERPARTS"):
            pytest.fail(f"counterpart missing: {why}")
        pytest.skip(why)
    where = folder(Settings(_env_file=None, models_folder=str(tmp_path)))
    where.mkdir(parents=True)
    for kind, path in models.portuguese().items():
        shutil.copy(path, where / kind)
    (where / "files.json").write_text(json.dumps({"model": "model", "vocab": "vocab"}), "utf-8")
    (said,) = await verdicts(tmp_path)
    assert isinstance(said, MakerError), "it translates into Portuguese"
    assert "mt:firefox answers, but not well enough: " in str(said)
    assert "Chinese" in str(said)


async def test_settings_that_do_not_fit_together_are_told(tmp_path):
    with pytest.raises(SettingsError, match="OPENAI_MODEL"):
        await verdicts(tmp_path, openai_base_url=("http://a.test/v1",))

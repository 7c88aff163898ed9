"""Setting up a new desk, on a phone and without JavaScript."""

from __future__ import annotations

import pytest

from accounts.first_run import make_setup_token
from accounts.models import Agent
from tests.browser.test_accessibility import violations
from tests.factories import TeamFactory


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_desk_is_set_up_on_a_phone_and_every_step_is_accessible(visit, language):
    TeamFactory(is_default=True)
    found = []
    with visit(None, width=390, locale=language) as here:
        page = here.page

        def look():
            found.extend(f"{page.url}: {line}" for line in violations(page))
            if (wide := page.evaluate("document.documentElement.scrollWidth")) > 390:
                found.append(f"{page.url} is {wide} wide")

        def go_on(*, later=False):
            look()
            page.locator("button[value=later]" if later else "main button.button--primary").click()
            page.wait_for_load_state()

        page.goto(f"/desk/setup/begin/{make_setup_token()}/")
        page.locator("[name=name]").fill("Nao")
        page.locator("[name=email]").fill("nao@example.com")
        page.locator("[name=password]").fill("seven-green-umbrellas")
        go_on()
        page.locator("[name=name_en]").fill("Aoba")
        go_on()
        page.locator("[name=address]").fill("help@aoba.example")
        go_on(later=True)
        page.locator("[name=topics]").first.check()
        go_on()
        go_on()
        look()
        assert page.url.endswith("/desk/")
        assert page.locator("#first-steps").count() == 1
        assert page.locator("html").get_attribute("lang") == language
    assert found == []
    assert Agent.objects.get().language == language

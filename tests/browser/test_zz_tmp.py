import pytest
from tests.browser.test_accessibility import PAGES, places, people, violations
pytestmark = pytest.mark.usefixtures("support")
def test_probe(browser, live_server, people, places, visit):
    out=[]
    for who, path in PAGES:
        try:
            with visit(people[who]) as here:
                here.page.on("response", lambda r: r.status>=400 and out.append(("RESP",r.status,r.url)))
                here.page.goto(path.format(**places)); here.page.wait_for_timeout(300)
                before=list(here.complaints)
                v=violations(here.page)
                out.append((path,"before",[b[:150] for b in before],"after",len(here.complaints)-len(before),[c[:120] for c in here.complaints[len(before):]][:2],v))
        except AssertionError: pass
    for o in out: print("PROBE",o)
    assert 0

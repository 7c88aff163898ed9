from uuid import UUID

import pytest
from django.template import Context, Template
from django.urls import NoReverseMatch, reverse

FILE = UUID(int=7)


def render(text, **values):
    """The same template three times: once looked up, twice from what is known."""
    template = Template(text)
    said = {template.render(Context(values)) for _ in range(3)}
    assert len(said) == 1
    return said.pop()


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("desk:queue", []),
        ("desk:ticket", [1042]),
        ("desk:ticket", ["1042"]),
        ("desk:customer", [7]),
        ("desk:split", [1042, 9]),
        ("desk:article_edit", [3, "ja"]),
        ("desk:attachment", [FILE]),
        ("portal:request", ["ws3rwhievu2qy3e2bad5ecbcgmuqye7z"]),
        ("portal:article", ["what-is-new"]),
    ],
)
def test_an_address_is_what_django_says(name, arguments):
    values = {f"value{number}": value for number, value in enumerate(arguments)}
    text = f'{{% url "{name}" {" ".join(values)} %}}'
    assert render(text, **values) == reverse(name, args=arguments)


def test_one_place_serves_every_ticket():
    template = Template('{% url "desk:split" number pk %}')
    for number, pk in [(1, 2), (1042, 99), ("1042", 5)]:
        said = template.render(Context({"number": number, "pk": pk}))
        assert said == f"/desk/tickets/{number}/messages/{pk}/split/"


def test_what_does_not_stand_in_an_address_as_it_is_is_written_as_django_does():
    template = Template('{% url "desk:ticket" number %}')
    assert template.render(Context({"number": "1042"})) == "/desk/tickets/1042/"
    assert template.render(Context({"number": "a<b&c"})) == "/desk/tickets/a%3Cb&amp;c/"


@pytest.mark.parametrize("pk", ["seven", -7, "", None])
def test_an_argument_that_fits_no_address_is_told(pk):
    with pytest.raises(NoReverseMatch):
        render('{% url "desk:customer" pk %}', pk=pk)


def test_into_a_variable_it_stays_silent():
    assert render('{% url "desk:nowhere" as there %}[{{ there }}]') == "[]"

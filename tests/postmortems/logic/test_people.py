"""Which accounts the people of a document are."""

from dataclasses import replace

from postmortems.logic.document import Action, Attendee, Document, Person, RootCause, Waiver
from postmortems.logic.people import Unknown, resolved
from tests.postmortems.documents import COMPLETE

ACCOUNTS = {"ana": "ana", "Ana Lima": "ana", "ana@example.org": "ana", "bo": "bo", "cy": "cy"}


def test_people_become_accounts_by_any_of_their_names_in_any_case() -> None:
    document = Document(
        authors=(Person("ANA"), Person("ana lima"), Person("ana@example.org"), Person("A. Lima", "ana"))
    )
    known, unknown = resolved(document, ACCOUNTS)
    assert [person.username for person in known.authors] == ["ana"] * 4
    assert [person.name for person in known.authors] == ["ANA", "ana lima", "ana@example.org", "A. Lima"]
    assert unknown == ()


def test_whoever_is_unknown_stays_as_text_and_is_listed_wherever_they_stand() -> None:
    x = Person("x")
    factor = replace(COMPLETE.factors[0], waiver=Waiver("r", x))
    document = Document(
        authors=(x, Person("bo")),
        root_cause=RootCause("c", Waiver("r", x)),
        factors=(factor,),
        actions=(Action("a", owner=x, approver=x), Action("b")),
        attendees=(Attendee(x),),
    )
    known, unknown = resolved(document, ACCOUNTS)
    assert known.actions == document.actions
    assert [each.where for each in unknown] == [
        "authors[0]",
        "root_cause.waiver.signer",
        "contributing_factors[0].waiver.signer",
        "action_items[0].owner",
        "action_items[0].approver",
        "attendees[0].person",
    ]
    assert {each.name for each in unknown} == {"x"}


def test_an_account_that_a_file_claims_must_exist() -> None:
    known, unknown = resolved(Document(authors=(Person("Root", "root"),)), ACCOUNTS)
    assert known.authors == (Person("Root"),)
    assert unknown == (Unknown("authors[0]", "Root"),)


def test_a_document_whose_people_are_known_stays_as_it_is() -> None:
    assert resolved(COMPLETE, ACCOUNTS) == (COMPLETE, ())

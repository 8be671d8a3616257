"""What follows from an answer, without a database: withdrawals for everybody, consent only from the phone asked."""

from altscore_webhook.answers.domain import Answer, Clarify, Context, Grant, Invite, Note, Sender, Withdraw, decide
from hypothesis import given
from hypothesis import strategies as st

RETAILERS = ("ret_a", "ret_b", "ret_c")
PHONES = ("pcr_1", "pcr_2", None)


def invite(number: int, retailer_id: str, contact_ref: str | None) -> Invite:
    return Invite(
        invite_id=f"inv_{number}",
        retailer_id=retailer_id,
        distributor_id="dist_c4f9",
        lender_scope=("lender_ugro",),
        purpose="working_capital_loan",
        contact_ref=contact_ref,
    )


@st.composite
def contexts(draw: st.DrawFn) -> Context:
    """Any phone: of no retailer, of one or of several, with invites put to it, to another phone, or to none."""
    contacts = draw(st.dictionaries(st.sampled_from(RETAILERS), st.just("pcr_1")))
    drawn = draw(st.lists(st.tuples(st.sampled_from(RETAILERS), st.sampled_from(PHONES)), max_size=4))
    invites = [invite(number, *parts) for number, parts in enumerate(drawn)]
    names_invite = draw(st.booleans())
    return Context(
        contacts,
        names_invite=names_invite,
        named_invite=draw(st.sampled_from([None, *invites])) if names_invite else None,
        open_invites=[item for item in invites if item.retailer_id in contacts],
        is_replaced=draw(st.booleans()),
        sender=draw(st.sampled_from(Sender)),
    )


@given(contexts())
def test_a_no_always_withdraws_for_retailers_of_this_phone_and_for_no_others(context: Context) -> None:
    decision = decide(Answer.NO, context)
    if not context.contacts:
        assert decision == Note("unknown_sender")
        return
    assert isinstance(decision, Withdraw)
    assert decision.retailer_ids
    assert set(decision.retailer_ids) <= set(context.contacts)


@given(st.sampled_from([answer for answer in Answer if answer is not Answer.NO]), contexts())
def test_a_consent_needs_a_yes_that_stands_from_the_phone_that_was_asked(answer: Answer, context: Context) -> None:
    decision = decide(answer, context)
    if isinstance(decision, Grant):
        assert answer is Answer.YES
        assert not context.is_replaced
        assert context.sender is Sender.CONFIRMED
        assert decision.contact_ref == decision.invite.contact_ref == context.contacts[decision.invite.retailer_id]
        assert decision.invite == context.named_invite or not context.names_invite


@given(st.sampled_from([answer for answer in Answer if answer is not Answer.NO]), contexts())
def test_nobody_is_shown_an_invite_that_was_put_to_another_phone(answer: Answer, context: Context) -> None:
    decision = decide(answer, context)
    clarification = decision.otherwise if isinstance(decision, Grant) else decision
    if isinstance(clarification, Clarify):
        assert clarification.contact_ref == context.contacts[clarification.retailer_id]
        shown = [item for item in context.open_invites if item.invite_id == clarification.invite_id]
        assert clarification.invite_id is None or [item.contact_ref for item in shown] == [clarification.contact_ref]


@given(st.sampled_from(Answer), contexts())
def test_a_former_number_is_asked_nothing(answer: Answer, context: Context) -> None:
    decision = decide(answer, context)
    if context.sender is Sender.FORMER:
        assert isinstance(decision, Withdraw | Note)


def test_a_yes_to_a_named_invite_that_nobody_knows_is_no_yes_to_the_only_open_one() -> None:
    open_invite = invite(1, "ret_a", "pcr_1")
    known = Context({"ret_a": "pcr_1"}, open_invites=[open_invite])
    unknown = Context({"ret_a": "pcr_1"}, names_invite=True, open_invites=[open_invite])
    assert isinstance(decide(Answer.YES, known), Grant)
    assert decide(Answer.YES, unknown) == Clarify("ret_a", "pcr_1", "inv_1")

"""Words for codes, wherever a page, a letter or a file shows one."""

_LABELS = {
    # EventKind
    "congress": "Congress",
    "general_assembly": "General assembly",
    "board_of_directors": "Board of directors",
    "executive_committee": "Executive committee",
    "regional_secretariat": "Regional secretariats",
    "policy_debate": "Policy debate",
    "forum": "Forum",
    "seminar": "Seminar",
    "workshop": "Workshop",
    "webinar": "Webinar",
    "learning": "Learning session",
    "training_course": "Training course",
    "mentoring": "Mentoring programme",
    "lab_session": "Lab session",
    "campaign_event": "Campaign event",
    "global_event": "Global event",
    "bilateral": "Bilateral meeting",
    "visit": "Visit",
    "award": "Award",
    "internal": "Internal meeting",
    # Involvement
    "organised": "Organised by the association",
    "co_organised": "Co-organised with members or partners",
    "spoke_at": "Led by others, with a speaker of the association",
    "participated": "Led by others, with the association taking part",
    "supported": "Supported by the association",
    # Mode
    "in_person": "In person",
    "online": "Online",
    "hybrid": "On site and online",
    "on_site": "On site",
    # EventStatus and RegistrationStatus
    "draft": "Draft",
    "published": "Published",
    "cancelled": "Cancelled",
    "pending": "Waiting for approval",
    "confirmed": "Confirmed",
    "waitlisted": "On the waiting list",
    "declined": "Declined",
    "open": "Open",
    "closed": "Closed",
    # ItemKind
    "plenary": "Plenary",
    "panel": "Panel",
    "side_event": "Side event",
    "lunch": "Lunch",
    "break": "Break",
    "ceremony": "Ceremony",
    "talk": "Talk",
    # SpeakerRole and SpeakerStatus
    "speaker": "Speaker",
    "panellist": "Panellist",
    "keynote": "Keynote speaker",
    "moderator": "Moderator",
    "invited": "Invited",
    # Level
    "political": "Political",
    "technical": "Technical",
    # Gender
    "woman": "Woman",
    "man": "Man",
    "non_binary": "Non-binary",
    "undisclosed": "Prefers not to say",
    # ParityResult
    "balanced": "Balanced",
    "unbalanced": "Not balanced",
    "unknown": "Cannot be told yet",
    "not_applicable": "Not checked",
    # MemberKind
    "member": "Member",
    "associate": "Associate member",
    "honorary": "Honorary member",
    # Role
    "administrator": "Administrator",
    "programme": "Programme staff",
    "organiser": "Organiser",
    "reader": "Reader of reports",
    "check-in": "Check-in",
    # LabStatus and ApplicationStatus
    "planned": "Planned",
    "running": "Running",
    "finished": "Finished",
    "submitted": "Submitted",
    "accepted": "Accepted",
    "waiting": "On the waiting list",
    "withdrawn": "Withdrawn",
    "participant": "Participant",
    "expert": "Expert",
    "facilitator": "Facilitator",
    # LetterStatus
    "queued": "Waiting to be sent",
    "sending": "Being sent",
    "sent": "Sent",
    "failed": "Failed",
    "expired": "Expired",
    # LetterKind
    "registration_confirmed": "Registration confirmed",
    "registration_waitlisted": "Place on the waiting list",
    "registration_promoted": "Seat from the waiting list",
    "registration_cancelled": "Registration cancelled",
    "registration_declined": "Registration declined",
    "registration_link": "Personal link again",
    "event_changed": "Event changed",
    "event_cancelled": "Event cancelled",
    "sign_in_link": "Sign-in link",
    "parity_tipped": "Line-up no longer balanced",
    "application_received": "Application received",
    # Regions
    "africa": "Africa",
    "asia": "Asia",
    "eurasia_middle_east": "Eurasia and the Middle East",
    "europe": "Europe",
    "latin_america_caribbean": "Latin America and the Caribbean",
    "north_america": "North America",
    # Themes
    "futures": "Metropolitan Futures",
    "ecosystems": "Metropolitan Ecosystems",
    "cohesion": "Social Cohesion",
    "institutions": "Metropolitan Institutions",
    "gender": "Gender Equality",
    # Kinds of files
    "members": "Members",
    "partners": "Partners",
    "people": "People",
    "events": "A printed calendar of events",
    # Languages
    "en": "English",
    "es": "Spanish",
    "fr": "French",
}


def label_of(code: str) -> str:
    """The English words for a code; translators get them from this file."""
    return _LABELS.get(code, code.replace("_", " "))


def all_labels() -> list[str]:
    """Every label, for the extraction of messages."""
    return sorted({*_LABELS.values(), *_ACTIONS.values()})


_ACTIONS = {
    "add_account": "Account added",
    "create_api_token": "API token made",
    "sign_in": "Signed in",
    "create_event": "Draft written",
    "change_event": "Event changed",
    "publish_event": "Event published",
    "cancel_event": "Event cancelled",
    "delete_draft": "Draft deleted",
    "grant_parity_exception": "Published in spite of its panels",
    "add_programme_item": "Programme item added",
    "change_programme_item": "Programme item changed",
    "remove_programme_item": "Programme item removed",
    "add_speaker": "Speaker added",
    "change_slot": "Speaker slot changed",
    "remove_speaker": "Speaker removed",
    "confirm_registration": "Seat given by hand",
    "cancelled_registration": "Registration cancelled by staff",
    "declined_registration": "Registration declined",
    "record_attendance": "Marked as present",
    "take_back_attendance": "Mark taken back",
    "record_head_count": "Head count typed in",
    "edit_member": "Member changed",
    "import_members": "Members imported",
    "import_partners": "Partners imported",
    "import_people": "People imported",
    "import_events": "Printed calendar imported",
    "load_facts": "Facts of the association loaded",
    "load_demo": "Demonstration data loaded",
    "create_round": "Round opened",
    "load_labs": "Labs of a report loaded",
    "create_lab": "Lab written down",
    "change_lab": "Lab changed",
    "open_call": "Call opened",
    "change_call": "Call changed",
    "add_lab_session": "Session added to the lab",
    "remove_lab_session": "Session taken off the lab",
    "apply_to_lab": "Application received",
    "change_application": "Application changed",
    "withdraw_application": "Application withdrawn",
    "review_application": "Application reviewed",
    "accept_application": "Application accepted",
    "waitlist_application": "Application put on the waiting list",
    "decline_application": "Application declined",
}


def action_label(action: str) -> str:
    """The English words for an entry of the audit trail."""
    return _ACTIONS.get(action, action.replace("_", " ").capitalize())

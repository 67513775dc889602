"""What the marks of the data map are called in front of people."""

from app.datamap import Basis, Category, Purpose

CATEGORIES = {
    Category.NAME: "Name",
    Category.EMAIL: "E-mail address",
    Category.ROLE: "Role",
    Category.MEMBERSHIP: "Membership",
    Category.PREFERENCE: "Preference",
    Category.SECRET: "Secret",
    Category.SESSION: "Session",
    Category.HANDLE: "Account on a network",
    Category.TOKEN: "Key to a channel",
    Category.TEXT: "Text",
    Category.MEDIA: "Picture",
    Category.SCHEDULE: "Schedule",
    Category.WORKFLOW: "Work on a post",
    Category.DEVICE_NETWORK: "Network",
    Category.DEVICE_AGENT: "Device",
    Category.CONSENT: "Consent",
    Category.REQUEST: "Request",
    Category.SUPPORT: "Message to support",
    Category.COPY: "Copy of your data",
    Category.AUDIT: "Audit trail",
    Category.TELEMETRY: "What was sent about you",
}
PURPOSES = {
    Purpose.PROVIDE: "to provide AllStac",
    Purpose.AUTHENTICATE: "to know who signs in",
    Purpose.AUTHORISE: "to hold everyone to their role",
    Purpose.SECURE: "to keep AllStac secure",
    Purpose.LEGAL_DUTY: "to meet a legal duty",
    Purpose.SUPPORT: "to help you",
    Purpose.IMPROVE: "to improve AllStac",
}
BASES = {
    Basis.CONTRACT: "our contract with you",
    Basis.SECURITY: "our legitimate interest in security",
    Basis.RELIABILITY: "our legitimate interest in reliability",
    Basis.LEGAL_OBLIGATION: "a legal duty",
    Basis.CONSENT: "your consent",
    Basis.PROCESSOR: "held on behalf of your organisation",
}


def title(table: str) -> str:
    """What a table is called: its name, as words."""
    return table.replace("_", " ").capitalize()

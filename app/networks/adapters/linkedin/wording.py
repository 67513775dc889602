"""What LinkedIn's adapter says to people."""

COMMENT = 1250  # characters of a comment
SAME_WORDS = (
    "LinkedIn takes the same words only once, and they stand there already: {}. Change them."
)
GHOST = (
    "LinkedIn still remembers the same words from a post that is gone; that lasts a day or two."
    " Change them a little."
)
LOOK = "LinkedIn says that it has these words already, at {}. Look whether that is this post."
BY_HAND = (
    "LinkedIn has no way for us to end the permission. Take it back there under Settings, Data"
    " privacy, Other applications, Permitted services"
)
NO_PAGES = (
    "The developer app of this instance may not manage pages at LinkedIn. Connect without pages, or"
    " ask the operator for its product Community Management."
)
LONG = f"A comment on LinkedIn may have {COMMENT} characters."
ONLY_PUBLIC = "A page's posts are seen by anyone; choose that for it."

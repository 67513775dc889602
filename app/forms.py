"""What every form is made on: fields take texts, as a browser's form sends them."""

from typing import Any

from flask import request
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict


class Form(FlaskForm):
    """Flask-WTF would also fill fields from a JSON body and from uploads, with values of any type."""

    class Meta(FlaskForm.Meta):
        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            if formdata is None or isinstance(formdata, MultiDict):
                return formdata
            is_sent = request and request.method == "POST"
            return (request.form or None) if is_sent else None

"""Forms of Django are validated and rendered, and a template shows a table, many times."""

import django
from django import forms
from django.conf import settings
from django.template import Context, Engine

settings.configure(USE_I18N=False, FORM_RENDERER="django.forms.renderers.DjangoTemplates")
django.setup()


class Contact(forms.Form):
    """Four fields."""

    name = forms.CharField(max_length=30)
    mail = forms.EmailField()
    age = forms.IntegerField(min_value=0)
    color = forms.ChoiceField(choices=[(str(n), f"color {n}") for n in range(8)])


ROWS = [{"name": f"n{n}", "values": list(range(8))} for n in range(120)]
PAGE = (
    "{% for r in rows %}<p>{{ r.name|upper }}"
    "{% for v in r.values %}{{ v }},{% endfor %}</p>{% endfor %}"
)
template = Engine().from_string(PAGE)
length = 0
for number in range(25):
    given = {"name": f"n{number}", "mail": "a@example.org", "age": number, "color": "3"}
    form = Contact(given)
    length += len(form.as_p()) + len(form.errors)
    length += len(template.render(Context({"rows": ROWS})))
print(length)

"""Forms drawn by the project's own templates, errors and hints tied to their fields."""

from django.forms.renderers import TemplatesSetting


class LookRenderer(TemplatesSetting):
    """Set as FORM_RENDERER; needs `django.forms` among the installed apps."""

    form_template_name = "look/form.html"
    field_template_name = "look/field.html"

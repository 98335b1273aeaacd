"""Changes a table of any size at once, also on SQLite: adds a column, widens one."""

from __future__ import annotations

from django.db.migrations import AddField, AlterField


class AddFieldInPlace(AddField):
    """On SQLite Django copies the whole table for a field that is not null, and its
    copy of samples or event keys has no references and no WITHOUT ROWID any more.
    SQLite adds the column in place where it has a default; it keeps the default.
    """

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "sqlite":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        field = model._meta.get_field(self.name)
        definition, _ = schema_editor.column_sql(model, field, include_default=True)
        quote = schema_editor.quote_name
        schema_editor.execute(
            f"ALTER TABLE {quote(model._meta.db_table)} "
            f"ADD COLUMN {quote(field.column)} {definition}"
        )


class WidenInPlace(AlterField):
    """A longer CharField. SQLite keeps no text from growing, whatever length its column
    was made with, so nothing is to be done there; Django would copy the table.
    """

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "sqlite":
            super().database_forwards(app_label, schema_editor, from_state, to_state)

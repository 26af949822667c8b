"""The roster file (学校名册): its columns, how a file is read, the template. Pure: no database, no clock."""

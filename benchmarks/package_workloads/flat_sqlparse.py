"""A statement of 60 columns, laid out twelve times."""

import sqlparse

COLUMNS = ", ".join(f"t.column_{n} as c{n}" for n in range(60))
STATEMENT = (
    f"select {COLUMNS} from t join u on t.id = u.id where t.a > 1 and u.b in (1, 2) order by 1"
)
for number in range(12):
    text = sqlparse.format(f"{STATEMENT} limit {number}", reindent=True, keyword_case="upper")
print(len(text))

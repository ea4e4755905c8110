"""Write a sheet of which two columns in three are formulas."""

import io

import xlsxwriter

buffer = io.BytesIO()
book = xlsxwriter.Workbook(buffer, {"in_memory": True})
sheet = book.add_worksheet()
for row in range(1, 6001):
    sheet.write_formula(row, 0, f"=SUM(B{row}:C{row})*2")
    sheet.write_formula(row, 1, f"=IF(C{row}>0,C{row}/3,0)")
    sheet.write_number(row, 2, row)
book.close()
print(bool(buffer.getvalue()))

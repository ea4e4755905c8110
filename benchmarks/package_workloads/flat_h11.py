"""Fifteen hundred requests over one connection."""

import h11

REQUEST = b"GET /path HTTP/1.1\r\nHost: example.org\r\nAccept: text/html\r\nX-Count: 1\r\n\r\n"
seen = 0
connection = h11.Connection(h11.SERVER)
for _ in range(1500):
    connection.receive_data(REQUEST)
    while connection.next_event() is not h11.NEED_DATA:
        seen += 1
        if connection.our_state is h11.SEND_RESPONSE:
            connection.send(h11.Response(status_code=200, headers=[("Content-Length", "0")]))
            connection.send(h11.EndOfMessage())
    connection.start_next_cycle()
print(seen)

"""One uploaded file of 1.5 MB that begins with a line break, parsed as it arrives."""

from werkzeug.sansio.multipart import Data, Epilogue, MultipartDecoder, NeedData

CHUNK_BYTES = 200
BODY = (
    b"--frontier\r\nContent-Disposition: form-data; name=file; filename=upload.bin\r\n\r\n"
    b"\r\n" + b"a" * 1_500_000 + b"\r\n--frontier--\r\n"
)


def main() -> None:
    """Run it and print what shows that the work was done."""
    decoder = MultipartDecoder(b"frontier")
    received = 0
    for start in range(0, len(BODY), CHUNK_BYTES):
        decoder.receive_data(BODY[start : start + CHUNK_BYTES])
        event = decoder.next_event()
        while not isinstance(event, (NeedData, Epilogue)):
            if isinstance(event, Data):
                received += len(event.data)
            event = decoder.next_event()
    print(received)


main()

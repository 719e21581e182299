"""Drives the real smpplib client by JSON lines: one command in, one answer out.

It decides nothing: it says what the library saw, the Rust side judges. What smpplib
cannot do is answered with {"unsupported": ...}.
"""
import json
import socket
import sys

from smpplib import consts, exceptions, gsm, smpp
from smpplib.client import Client

TIMEOUT = 15
GSM = consts.SMPP_ENCODING_DEFAULT
UCS2 = consts.SMPP_ENCODING_ISO10646


class Unsupported(Exception):
    pass


class Recorder(Client):
    """smpplib's own client; it only remembers what passed through read_pdu."""

    def __init__(self, port):
        super().__init__("127.0.0.1", port, timeout=TIMEOUT, allow_unknown_opt_params=True)
        self.responses = {}
        self.seen = {}
        self.inbox = []
        self.set_message_received_handler(self.keep)
        self.set_message_sent_handler(lambda pdu: None)
        self.set_query_resp_handler(lambda pdu: None)
        self.set_error_pdu_handler(lambda pdu: None)

    def keep(self, pdu):
        self.inbox.append(delivered(pdu))

    def read_pdu(self):
        pdu = super().read_pdu()
        self.seen[pdu.command] = pdu.sequence
        if pdu.is_response():
            self.responses[pdu.sequence] = pdu
        return pdu

    def step(self):
        self.read_once(auto_send_enquire_link=False)

    def answer_to(self, sequence):
        while sequence not in self.responses:
            self.step()
        return self.responses.pop(sequence)


def text_of(data_coding, octets):
    if data_coding == UCS2:
        return octets.decode("utf-16-be", "replace")
    if data_coding != GSM:
        return octets.decode("latin-1")
    out, septets = "", iter(octets)
    for septet in septets:
        index = 0x80 + next(septets, 0) if septet == 0x1B else septet
        out += gsm.GSM_CHARACTER_TABLE[index]
    return out


def word(value):
    return value.decode("latin-1") if isinstance(value, bytes) else value


def delivered(pdu):
    octets = pdu.short_message or pdu.message_payload or b""
    udh = b""
    if pdu.esm_class & consts.SMPP_GSMFEAT_UDHI:
        udh, octets = octets[: octets[0] + 1], octets[octets[0] + 1 :]
    return {
        "source": word(pdu.source_addr),
        "destination": word(pdu.destination_addr),
        "esm_class": pdu.esm_class,
        "data_coding": pdu.data_coding,
        "udh": udh.hex(),
        "text": text_of(pdu.data_coding, octets),
        "in_payload": not pdu.short_message and bool(pdu.message_payload),
        "receipted_message_id": word(pdu.receipted_message_id),
        "message_state": pdu.message_state,
    }


class Driver:
    def __init__(self):
        self.client = None

    def bind(self, port, kind, system_id="test", password="test", version=0x34):
        if version != 0x34:
            raise Unsupported("smpplib always says interface_version 0x34")
        self.client = Recorder(port)
        self.client.connect()
        try:
            response = getattr(self.client, "bind_" + kind)(system_id=system_id, password=password)
        except exceptions.PDUError as refused:
            return {"status": refused.args[1]}
        return {
            "status": response.status,
            "system_id": word(response.system_id),
            "sc_interface_version": response.sc_interface_version,
        }

    def parts(self, text, encoding, sar):
        parts, coding, esm_class = gsm.make_parts(text, UCS2 if encoding == "ucs2" else GSM, not sar)
        for number, part in enumerate(parts, start=1):
            fields = {"short_message": part, "data_coding": coding, "esm_class": esm_class}
            if sar and len(parts) > 1:
                fields.update(
                    sar_msg_ref_num=77, sar_total_segments=len(parts), sar_segment_seqnum=number
                )
            yield fields

    def send(self, to, source="1000", text="hello", encoding="gsm", sar=False, payload=False,
             receipt=0, schedule=None):
        """Writes the submit_sm of a text, all parts, without reading."""
        if payload:
            _, coding, esm_class = gsm.make_parts(text[:60], UCS2 if encoding == "ucs2" else GSM)
            encode = gsm.ENCODINGS[coding][0]
            parts = [{"message_payload": encode(text), "data_coding": coding, "esm_class": esm_class}]
        else:
            parts = self.parts(text, encoding, sar)
        return [
            self.client.send_message(
                source_addr_ton=consts.SMPP_TON_INTL, source_addr_npi=consts.SMPP_NPI_ISDN,
                source_addr=source, dest_addr_ton=consts.SMPP_TON_INTL,
                dest_addr_npi=consts.SMPP_NPI_ISDN, destination_addr=to,
                registered_delivery=receipt, schedule_delivery_time=schedule, **fields,
            ).sequence
            for fields in parts
        ]

    def submit(self, **message):
        answers = [self.client.answer_to(sequence) for sequence in self.send(**message)]
        return {
            "statuses": [answer.status for answer in answers],
            "ids": [word(getattr(answer, "message_id", None)) for answer in answers],
        }

    def burst(self, count, window, **message):
        """`count` messages, up to `window` of them unanswered at a time."""
        waiting, answers, peak = [], [], 0
        for _ in range(count):
            if len(waiting) == window:
                answers.append(self.client.answer_to(waiting.pop(0)))
            waiting += self.send(**message)
            peak = max(peak, len(waiting))
        answers += [self.client.answer_to(sequence) for sequence in waiting]
        return {
            "statuses": [answer.status for answer in answers],
            "ids": [word(answer.message_id) for answer in answers],
            "peak": peak,
        }

    def query(self, id, source="1000"):
        pdu = self.client.query_message(
            message_id=id, source_addr_ton=consts.SMPP_TON_INTL,
            source_addr_npi=consts.SMPP_NPI_ISDN, source_addr=source,
        )
        answer = self.client.answer_to(pdu.sequence)
        return {
            "status": answer.status,
            "id": word(answer.message_id),
            "state": answer.message_state,
            "final": bool(answer.final_date),
        }

    def cancel(self, **_):
        raise Unsupported("smpplib has no cancel_sm")

    def replace(self, **_):
        raise Unsupported("smpplib has no replace_sm")

    def submit_multi(self, **_):
        raise Unsupported("smpplib has no submit_multi")

    def data(self, to, text, source="1000", receipt=0):
        pdu = smpp.make_pdu(
            "data_sm", client=self.client, source_addr_ton=consts.SMPP_TON_INTL,
            source_addr_npi=consts.SMPP_NPI_ISDN, source_addr=source,
            dest_addr_ton=consts.SMPP_TON_INTL, dest_addr_npi=consts.SMPP_NPI_ISDN,
            destination_addr=to, registered_delivery=receipt, data_coding=GSM,
            message_payload=gsm.gsm_encode(text),
        )
        self.client.send_pdu(pdu)
        answer = self.client.answer_to(pdu.sequence)
        return {"status": answer.status, "id": word(answer.message_id)}

    def unknown_request(self):
        raise Unsupported("smpplib cannot write a PDU it does not know")

    def enquire(self):
        pdu = smpp.make_pdu("enquire_link", client=self.client)
        self.client.send_pdu(pdu)
        return {"status": self.client.answer_to(pdu.sequence).status}

    def received(self, count):
        """The next `count` deliver_sm; smpplib answers each."""
        while len(self.client.inbox) < count:
            self.client.step()
        taken, self.client.inbox = self.client.inbox[:count], self.client.inbox[count:]
        return {"messages": taken}

    def enquired(self):
        """Waits for an enquire_link of the MC; smpplib answers it."""
        while "enquire_link" not in self.client.seen:
            self.client.step()
        self.client.seen.clear()
        return {"enquired": True}

    def unbind(self):
        # Client.unbind takes the next PDU for its answer; a receipt may come in between.
        pdu = smpp.make_pdu("unbind", client=self.client)
        self.client.send_pdu(pdu)
        status = self.client.answer_to(pdu.sequence).status
        self.client.disconnect()
        return {"status": status}

    def unbound(self):
        """Waits for the MC's unbind, answers it (smpplib does not), waits for the end."""
        while "unbind" not in self.client.seen:
            self.client.step()
        response = smpp.make_pdu("unbind_resp", client=self.client)
        response.sequence = self.client.seen["unbind"]
        self.client.send_pdu(response)
        return self.closed()

    def closed(self):
        try:
            while True:
                self.client.step()
        except exceptions.ConnectionError:
            return {"closed": True}

    def drop(self):
        """Cuts the connection without an unbind."""
        self.client.state = consts.SMPP_CLIENT_STATE_OPEN
        self.client.disconnect()
        return {}


def main():
    driver = Driver()
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer = getattr(driver, command.pop("do"))(**command)
        except Unsupported as why:
            answer = {"unsupported": str(why)}
        except (exceptions.ConnectionError, exceptions.PDUError, socket.error) as error:
            answer = {"error": repr(error)}
        print(json.dumps(answer), flush=True)


main()

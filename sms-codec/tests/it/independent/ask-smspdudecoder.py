"""Says how smspdudecoder packs texts and reads them back: one question in, one answer out, as JSON lines.

Only texts of the default alphabet are asked. `as_counted` keeps spare bits zero, `padded` has the
carriage return of USSD.
"""
import json
import sys

from smspdudecoder.codecs import GSM

sys.stdin.reconfigure(encoding='utf-8')
for line in sys.stdin:
    text = json.loads(line)['text']
    answer = {}
    for name, padded in (('as_counted', False), ('padded', True)):
        octets = GSM.encode(text, with_padding=padded) if text else ''
        answer[name] = octets
        answer[name + '_text'] = GSM.decode(octets, strip_padding=padded) if octets else ''
    print(json.dumps(answer))

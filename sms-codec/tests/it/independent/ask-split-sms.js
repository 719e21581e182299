// Says how split-sms divides texts: one question in, one answer out, as JSON lines.
'use strict';

const fs = require('fs');
const splitter = require('split-sms');
const validator = require('split-sms/lib/gsmvalidator');

// Not `readline`: it would end a line at U+2028, too.
for (const line of fs.readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
  const { text } = JSON.parse(line);
  const result = splitter.split(text);
  const gsm = result.characterSet === splitter.GSM;
  console.log(JSON.stringify({
    gsm,
    parts: result.parts.map((part) => (gsm ? part.bytes : part.bytes / 2)),
    left: result.remainingInPart,
    foreign: [...text].filter((character) => !validator.validateCharacter(character)),
  }));
}

// What the header lines of a form say: the boundary of the whole (RFC 2046 §5.1.1) and, of each part, its name, its
// file's name and its type (RFC 7578). Lines come decoded; nothing here reads a body.

import { HeadwaterError } from '../../lib/errors/index.ts';

export interface PartHeaders {
  name: string | undefined;
  filename: string | undefined;
  /** Lowercase, without parameters. */
  type: string | undefined;
}

/** 1 to 70 of these, the last of them no space. */
const boundaryPattern = /^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/;
const headerPattern = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n]*)$/;
const parameterPattern =
  /[ \t]*;[ \t]*(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*)))?/sy;
/** Encodings of a part that leave its bytes as they are; others were given up by RFC 7578. */
const plainEncodings = new Set(['binary', '8bit', '7bit']);

/**
 * The boundary of a form; undefined where the type is another, or names none. A type is only a claim: bytes without
 * a boundary are taken for what they are.
 *
 * @throws HeadwaterError `invalid-multipart` for a boundary that is none
 */
export function boundaryOf(contentType: string | null | undefined): string | undefined {
  const { value, parameters } = parseValue(contentType ?? '');
  if (value.toLowerCase() !== 'multipart/form-data') return undefined;
  const boundary = parameters.get('boundary');
  if (boundary !== undefined && !boundaryPattern.test(boundary))
    throw invalidForm('its boundary is not 1 to 70 of the characters that RFC 2046 allows');
  return boundary;
}

/** Reads the header lines of one part. @throws HeadwaterError `invalid-multipart` */
export function parsePartHeaders(lines: string[]): PartHeaders {
  const part: PartHeaders = { name: undefined, filename: undefined, type: undefined };
  for (const line of lines) {
    const [, field, content] = headerPattern.exec(line) ?? [];
    if (field === undefined) throw invalidForm('a line in front of a part is no header');
    const { value, parameters } = parseValue(content!);
    switch (field.toLowerCase()) {
      case 'content-disposition':
        part.name = parameters.get('name');
        part.filename = parameters.get('filename');
        break;
      case 'content-type':
        part.type = value.toLowerCase();
        break;
      case 'content-transfer-encoding':
        if (!plainEncodings.has(value.toLowerCase()))
          throw invalidForm(`a part is encoded as "${value.slice(0, 40)}"; send its bytes as they are`);
    }
  }
  return part;
}

/** `value; name=token; other="quoted"`. A value whose parameters are torn is one without the torn ones' rest. */
function parseValue(text: string): { value: string; parameters: Map<string, string> } {
  const end = text.indexOf(';');
  const value = (end < 0 ? text : text.slice(0, end)).trim();
  const parameters = new Map<string, string>();
  parameterPattern.lastIndex = end;
  for (let found = end < 0 ? null : parameterPattern.exec(text); found; found = parameterPattern.exec(text)) {
    const [, name, quoted, token] = found;
    if (name === undefined) continue;
    // Only what has to be escaped is unescaped: old browsers send backslashes of a path as they are.
    const content = quoted === undefined ? token! : quoted.replaceAll(/\\(["\\])/g, '$1');
    if (!parameters.has(name.toLowerCase())) parameters.set(name.toLowerCase(), content);
  }
  return { value, parameters };
}

export const invalidForm = (why: string) =>
  new HeadwaterError(
    'invalid-multipart',
    `The form cannot be read: ${why}. Send multipart/form-data with one part for each image.`,
  );

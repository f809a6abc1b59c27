// The code space of a request, checked: this trainer's kernels, pipeline and quantisation files must make its very codes.

import type { BackboneLibrary, CodePlace } from '../../lib/codes/index.ts';
import { codeSpaceDigest, type FillRequest } from '../../lib/contract/index.ts';
import { HeadwaterError } from '../../lib/errors/index.ts';

export type SpaceRequest = Pick<FillRequest, 'backbone' | 'codeSpace' | 'codeSpaceDocument'>;

/** @throws HeadwaterError `code-space-unavailable` */
export async function placeOfRequest(
  { backbone, codeSpace, codeSpaceDocument }: SpaceRequest,
  backbones: BackboneLibrary,
): Promise<CodePlace> {
  const otherRelease = (cause?: unknown) =>
    new HeadwaterError(
      'code-space-unavailable',
      'The trainer makes codes with other kernels or another image pipeline than the edge. Deploy both from one release.',
      {},
      { cause },
    );
  const isOther = codeSpaceDocument.backbone !== backbone.digest;
  if (isOther || (await codeSpaceDigest(codeSpaceDocument)) !== codeSpace) throw otherRelease();
  return backbones.placeAt(backbone.name, codeSpaceDocument, 'fill');
}

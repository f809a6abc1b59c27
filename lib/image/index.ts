export type { Orientation } from './exif.ts';
export { limits } from './limits.ts';
export {
  createImagePipeline,
  type ImagePipeline,
  type ImageTensor,
  type ImageWork,
  pipelineVersion,
} from './pipeline.ts';
export { type ImageInfo, probe } from './probe.ts';
export type { Recipe } from './recipe.ts';
export type { ImageFormat } from './sniff.ts';

/** What is dragged from the palette to the canvas: the code of a kind. */
export const STEP_TYPE = 'application/x-patchbay-step';

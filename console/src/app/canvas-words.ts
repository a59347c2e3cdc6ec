import type { ReactFlowProps } from '@xyflow/react';
import { useTranslation } from 'react-i18next';

/** What is read out of a drawing and its buttons, in the agent's language. */
export function useCanvasWords(): NonNullable<ReactFlowProps['ariaLabelConfig']> {
  const { t } = useTranslation();
  return {
    'node.a11yDescription.default': t('canvas.node'),
    'node.a11yDescription.keyboardDisabled': t('canvas.nodeMoves'),
    'node.a11yDescription.ariaLiveMessage': ({ x, y }) => t('canvas.moved', { x, y }),
    'edge.a11yDescription.default': t('canvas.edge'),
    'controls.ariaLabel': t('canvas.controls'),
    'controls.zoomIn.ariaLabel': t('canvas.zoomIn'),
    'controls.zoomOut.ariaLabel': t('canvas.zoomOut'),
    'controls.fitView.ariaLabel': t('canvas.fit'),
    'handle.ariaLabel': t('canvas.handle'),
  };
}

"""Makes Keras know the layers that a .keras file of this package holds.

`keras.saving.load_model` imports no classes but Keras' own: these modules register the others.
`import tf_cyclegan` imports this one where Keras is imported already.
"""

from tf_cyclegan.networks import pix2pix
from tf_cyclegan.translation.export import graph

__all__ = ["graph", "pix2pix"]

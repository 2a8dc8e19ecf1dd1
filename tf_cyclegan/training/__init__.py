"""Training, from a Config and a workdir to a trained model.

To be read in this order: `train` (the whole), `prepare` (what must hold before anything is built),
`build` (the model), `run` (the steps), `callbacks` (what is done at the end of steps and epochs).
"""

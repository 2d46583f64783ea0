"""The report of one run, section by section.

run_report                         run_report.py            all sections in order, and the summary
RunMaterial                        material.py              what the sections are made of, read once
network_section                    network_section.py       layers, shapes and costs
data_section                       data_section.py          data set, splits, samples
settings_section, curves_section   training_section.py      loss, optimizer, schedule; training curves
results_sections                   results_section.py       test results, mistakes, calibration
inside_section                     inside_section.py        filters, activations, weights, gradients
ledger_section                     ledger_section.py        use of the test data
reproduction_section               reproduction_section.py  environment, commands, config
"""

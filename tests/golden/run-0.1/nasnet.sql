BEGIN TRANSACTION;
CREATE TABLE nasnet_controller (
	id INTEGER NOT NULL, 
	state BLOB NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE nasnet_meta (
	"key" VARCHAR(40) NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "nasnet_meta" VALUES('version','1');
CREATE TABLE nasnet_trials (
	number INTEGER NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	choices TEXT NOT NULL, 
	log_probs TEXT NOT NULL, 
	genotype TEXT NOT NULL, 
	"key" VARCHAR(16) NOT NULL, 
	seed BIGINT NOT NULL, 
	attempt INTEGER NOT NULL, 
	reward DOUBLE, 
	observed BOOLEAN NOT NULL, 
	reused_from INTEGER, 
	metrics TEXT NOT NULL, 
	seconds DOUBLE NOT NULL, 
	error TEXT NOT NULL, 
	PRIMARY KEY (number)
);
INSERT INTO "nasnet_trials" VALUES(0,'complete','[1, 1, 7, 8, 0, 2, 0, 3, 2, 0, 1, 1, 10, 1, 0, 1, 0, 4, 10, 0]','[-0.7366907596588135, -0.6970747113227844, -2.5871527194976807, -2.521052837371826, -0.7094675302505493, -1.1273411512374878, -1.1402896642684937, -2.5373003482818604, -2.482152223587036, -0.6863937973976135, -0.7554842233657837, -0.6743984222412109, -2.532914876937866, -2.601109027862549, -0.6143316626548767, -1.1355702877044678, -1.0689252614974976, -2.512282133102417, -2.580746650695801, -0.7334108352661133]','{"format": "nasnet-genotype", "version": 1, "normal": {"blocks": [{"inputs": [1, 1], "operations": ["max_pool_7x7", "conv_1x1"], "combine": "add"}, {"inputs": [2, 0], "operations": ["dil_conv_3x3", "conv_1x7_7x1"], "combine": "add"}], "concat": [3]}, "reduction": {"blocks": [{"inputs": [1, 1], "operations": ["sep_conv_3x3", "conv_1x3_3x1"], "combine": "add"}, {"inputs": [1, 0], "operations": ["avg_pool_3x3", "sep_conv_3x3"], "combine": "add"}], "concat": [2, 3]}}','f9194bcd629ff27b',1484405855,1,0.15,1,NULL,'{"val_accuracy": 0.15, "val_loss": 2.302784729003906, "epochs": [{"number": 1, "loss": 2.4305333137512206, "accuracy": 0.1}], "parameters": 4132, "mult_adds": 753744}',9.75026827699912246316e+00,'');
INSERT INTO "nasnet_trials" VALUES(1,'complete','[0, 0, 7, 1, 1, 1, 1, 4, 5, 1, 1, 1, 12, 11, 1, 1, 2, 11, 7, 1]','[-0.6514207720756531, -0.6915184259414673, -2.5879173278808594, -2.64544939994812, -0.6833580136299133, -1.1000447273254395, -1.1487774848937988, -2.5920872688293457, -2.5539896488189697, -0.695972204208374, -0.7503700256347656, -0.6731102466583252, -2.610478401184082, -2.6730165481567383, -0.7912691831588745, -1.1360582113265991, -1.0437631607055664, -2.6026833057403564, -2.5573573112487793, -0.6450743079185486]','{"format": "nasnet-genotype", "version": 1, "normal": {"blocks": [{"inputs": [0, 0], "operations": ["max_pool_7x7", "conv_1x3_3x1"], "combine": "concat"}, {"inputs": [1, 1], "operations": ["avg_pool_3x3", "max_pool_3x3"], "combine": "concat"}], "concat": [2, 3]}, "reduction": {"blocks": [{"inputs": [1, 1], "operations": ["sep_conv_7x7", "sep_conv_5x5"], "combine": "concat"}, {"inputs": [1, 2], "operations": ["sep_conv_5x5", "max_pool_7x7"], "combine": "concat"}], "concat": [3]}}','95030751c80019d2',1982462498,1,0.1,1,NULL,'{"val_accuracy": 0.1, "val_loss": 2.562944793701172, "epochs": [{"number": 1, "loss": 2.4483469009399412, "accuracy": 0.05}], "parameters": 5004, "mult_adds": 773280}',9.39142806000018,'');
INSERT INTO "nasnet_trials" VALUES(2,'complete','[1, 0, 2, 2, 1, 1, 2, 12, 2, 0, 1, 0, 5, 2, 1, 0, 2, 8, 11, 0]','[-0.7366907596588135, -0.6892350316047668, -2.5353407859802246, -2.51442813873291, -0.6766746640205383, -1.0935808420181274, -1.0110327005386353, -2.606757640838623, -2.4865903854370117, -0.6826838850975037, -0.7602367997169495, -0.711851179599762, -2.623502731323242, -2.51346755027771, -0.7742825150489807, -1.0831798315048218, -1.0447006225585938, -2.5907676219940186, -2.6125898361206055, -0.7401440739631653]','{"format": "nasnet-genotype", "version": 1, "normal": {"blocks": [{"inputs": [1, 0], "operations": ["conv_1x7_7x1", "conv_1x7_7x1"], "combine": "concat"}, {"inputs": [1, 2], "operations": ["sep_conv_7x7", "conv_1x7_7x1"], "combine": "add"}], "concat": [3]}, "reduction": {"blocks": [{"inputs": [1, 0], "operations": ["max_pool_3x3", "conv_1x7_7x1"], "combine": "concat"}, {"inputs": [0, 2], "operations": ["conv_1x1", "sep_conv_5x5"], "combine": "add"}], "concat": [3]}}','c3ac9d091aaf810e',1570558271,1,0.1,1,NULL,'{"val_accuracy": 0.1, "val_loss": 2.5733489990234375, "epochs": [{"number": 1, "loss": 2.491153192520142, "accuracy": 0.1}], "parameters": 8880, "mult_adds": 1594960}',1.22097845930002222301e+01,'');
CREATE INDEX ix_nasnet_trials_key ON nasnet_trials ("key");
COMMIT;
